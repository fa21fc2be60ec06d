select id from onboardings where id = $1 for update
