delete from consents where buyer_id = any($1)
