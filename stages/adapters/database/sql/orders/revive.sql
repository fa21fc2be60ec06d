-- A cancelled order holds its pieces again. Returns nothing where it isn't cancelled.
update orders set status = 'awaiting_payment', cancelled_at = null, cancelled_for = null, checkout_ended_at = null,
                  hold_until = $2
where id = $1 and status = 'cancelled'
returning id
