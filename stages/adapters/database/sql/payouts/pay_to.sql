update streamers set stripe_account = $2 where handle = $1 returning handle
