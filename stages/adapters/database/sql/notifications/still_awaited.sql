-- Whether a message about an order is of use: a pay link is not once the order is paid or cancelled.
select status = 'awaiting_payment' from orders where id = $1
