select b.phone as buyer_phone, b.channel as buyer_channel, s.phone as streamer_phone, s.notify_by as streamer_channel
from orders as o
join buyers as b on b.id = o.buyer_id
left join streamers as s on s.handle = o.streamer
where o.id = $1
