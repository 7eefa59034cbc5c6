"""The judge: question and passage -> does it answer, which of its words do, and what does it say to a claim?"""
