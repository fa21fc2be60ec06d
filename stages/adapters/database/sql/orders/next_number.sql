insert into order_numbers (day, last) values ($1, 1)
on conflict (day) do update set last = order_numbers.last + 1
returning last
