select handle from streamers order by handle
