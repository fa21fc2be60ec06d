select stripe_account from streamers where handle = $1 for no key update
