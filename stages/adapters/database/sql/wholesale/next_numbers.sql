-- Draws $2 numbers of a day; returns the last of them.
insert into order_numbers (day, last) values ($1, $2)
on conflict (day) do update set last = order_numbers.last + $2
returning last
