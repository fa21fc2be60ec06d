select seq from end_states where seq = any($1)
