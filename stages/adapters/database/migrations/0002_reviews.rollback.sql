drop table match_reviews;
drop table intent_corrections;
