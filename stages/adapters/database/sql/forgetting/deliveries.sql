update webhook_deliveries set payload = jsonb_set(payload, '{order,buyer,handle}', '"erased"')
where payload #>> '{order,id}' = any($1)
