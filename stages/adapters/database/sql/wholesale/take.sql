-- Takes pieces from stock, for each product once.
update products as p set stock = p.stock - t.pieces
from unnest($1::uuid[], $2::int[]) as t (id, pieces)
where p.id = t.id
