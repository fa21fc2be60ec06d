select channel from buyers where id = $1
