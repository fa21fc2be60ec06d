-- Where orders' buyers and streamers are reached, as far as the buyer agrees. Of a claim that was filled in parts, the
-- order made at once is as old as the place on the waitlist; those that had to wait are younger.
select o.id as order_id, b.id as buyer_id, b.phone as buyer_phone, b.email as buyer_email, b.channel as buyer_channel,
       (select jsonb_object_agg(c.channel, c.granted)
        from (select distinct on (channel) channel, granted from consents
              where buyer_id = b.id order by channel, id desc) as c) as consents,
       s.phone as streamer_phone, s.notify_by as streamer_channel,
       exists (select from waitlist as w where w.comment_id = o.comment_id and w.created_at < o.placed_at)
           as from_waitlist
from orders as o
join buyers as b on b.id = o.buyer_id
left join streamers as s on s.handle = o.streamer
where o.id = any($1::uuid[])
