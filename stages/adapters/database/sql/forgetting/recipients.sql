delete from whatsapp_recipients where recipient = any($1)
