select client_id from buyers where platform = $1
