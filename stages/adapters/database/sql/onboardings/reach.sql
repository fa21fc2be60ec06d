-- How a buyer is reached from now on; an e-mail address that was not given stays as it was.
update buyers
set phone = $2, phone_index = $3, email = coalesce($4, email), email_index = coalesce($5, email_index), channel = $6
where id = $1
