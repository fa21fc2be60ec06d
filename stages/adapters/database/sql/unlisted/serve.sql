-- The claims of the last $3 seconds that wait for a code of the product, marked as served.
update unlisted_claims as u set served_at = now()
where u.streamer = $1 and u.served_at is null and u.created_at > now() - make_interval(secs => $3)
  and u.code in (
      select bare_code(called)
      from products as p
      left join product_variants as v on v.product_id = p.id
      cross join unnest(p.aliases || p.sku || v.code) as called
      where p.id = $2)
returning u.comment_id, u.claim
