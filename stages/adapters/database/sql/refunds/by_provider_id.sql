select id, status from refunds where provider_id = $1
