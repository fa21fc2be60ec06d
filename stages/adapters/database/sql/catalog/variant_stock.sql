-- How many variants a product has, and the pieces of all of them; no row where it has none.
select count(*)::int as variants, sum(stock)::bigint as stock from product_variants where product_id = $1
having count(*) > 0
