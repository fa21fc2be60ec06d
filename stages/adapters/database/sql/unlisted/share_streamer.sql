-- Whoever adds a product comes before, or waits.
select handle from streamers where handle = $1 for share
