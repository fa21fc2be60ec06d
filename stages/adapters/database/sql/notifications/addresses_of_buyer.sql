-- Where a buyer is reached, as far as the buyer agrees.
select b.id as buyer_id, b.phone as buyer_phone, b.email as buyer_email, b.channel as buyer_channel,
       (select jsonb_object_agg(c.channel, c.granted)
        from (select distinct on (channel) channel, granted from consents
              where buyer_id = b.id order by channel, id desc) as c) as consents
from buyers as b
where b.id = $1
