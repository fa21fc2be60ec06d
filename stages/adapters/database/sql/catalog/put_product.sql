-- The stock of a product that is there already stays: it counts what was sold. So do its aliases and its pictures
-- where none are given (null). Returns whether it was added.
insert into products (id, streamer, sku, name, price_minor, currency, stock, aliases, images)
values ($1, $2, $3, $4, $5, $6, $7, coalesce($8::text[], '{}'), coalesce($9::text[], '{}'))
on conflict (streamer, sku) do update
set name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency,
    aliases = coalesce($8::text[], products.aliases), images = coalesce($9::text[], products.images)
returning xmax = 0
