-- So many pieces were given; a place that wants no more is served.
update waitlist
set quantity = case when quantity > $2::int then quantity - $2::int else quantity end,
    status = case when quantity > $2::int then status else 'served' end,
    ended_at = case when quantity > $2::int then null else $3::timestamptz end
where id = $1
