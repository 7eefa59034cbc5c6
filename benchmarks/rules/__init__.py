"""What each rule of English earns: dropped one at a time, on questions for which no rule was made."""
