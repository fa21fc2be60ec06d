select handle from streamers where handle = $1 for no key update
