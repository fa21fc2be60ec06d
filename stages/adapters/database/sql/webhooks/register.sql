insert into webhook_endpoints (id, url, secret, events, streamer) values ($1, $2, $3, $4, $5)
