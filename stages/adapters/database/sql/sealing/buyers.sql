-- Up to $2 buyers behind $1 that have something to seal.
select id, phone, email from buyers
where id > $1 and (phone is not null or email is not null)
order by id limit $2 for update
