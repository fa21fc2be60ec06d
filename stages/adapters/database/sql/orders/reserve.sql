-- Takes stock where it covers the quantity and leaves $3 pieces for others. The row stays locked until the order is
-- committed. Returns whether it was taken, and whether there was enough for the quantity alone.
with taken as (
    update products set stock = stock - $2::int where id = $1 and stock >= $2::int + $3::int returning id
)
select exists (select from taken) as taken, stock >= $2::int as enough from products where id = $1
