-- How many of a streamer's ($1) orders since a time ($2) stand in each state.
select status, count(*) as orders from orders where streamer = $1 and placed_at >= $2 group by status
