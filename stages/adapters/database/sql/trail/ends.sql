select seq, stage, outcome, reason, hops, ended_at from end_states where comment_id = $1 order by ended_at
