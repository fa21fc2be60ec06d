-- What counts for each channel.
select distinct on (channel) channel, granted, source, created_at
from consents
where buyer_id = $1
order by channel, id desc
