update onboardings set submitted_at = $2 where id = $1
