select commission_basis_points from streamers where handle = $1
