insert into consents (buyer_id, channel, granted, source) values ($1, $2, $3, $4)
