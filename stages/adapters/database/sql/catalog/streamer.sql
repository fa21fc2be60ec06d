select handle, name, currency, view_delay_seconds from streamers where handle = $1
