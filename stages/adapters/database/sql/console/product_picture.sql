select images[1] from products where streamer = $1 and id = $2
