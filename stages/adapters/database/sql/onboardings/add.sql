insert into onboardings (id, buyer_id, expires_at) values ($1, $2, $3)
