-- Up to $2 streamers behind $1 that have a phone number.
select handle, phone from streamers where handle > $1 and phone is not null order by handle limit $2 for update
