-- Returns the buyer the first time, nothing later.
update onboardings set completed_at = $2 where id = $1 and completed_at is null returning buyer_id
