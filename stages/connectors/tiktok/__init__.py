"""TikTok LIVE, by the library TikTokLive: an optional extra under a licence of its own, which nothing else imports."""
