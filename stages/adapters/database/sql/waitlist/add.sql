insert into waitlist (id, comment_id, seq_rank, streamer, product_id, variant_id, buyer_id, quantity, claim, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
