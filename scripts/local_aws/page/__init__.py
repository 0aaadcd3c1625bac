"""The page of the running local stack: who may call what, and why, in a browser on this machine.

The page decides no rule. It shows what ``explain``, ``token``, ``check`` and ``review_plan`` say, and what the stack
answers to real requests.
"""
