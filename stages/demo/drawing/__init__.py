"""Pictures drawn from nothing but numbers: shapes, light, materials, and what is made of them."""
