"""MiniStack as strict as AWS where the order of an apply matters, and under the control of a test.

It runs in MiniStack's process: API Gateway, IAM and Lambda share one memory there, so each check reads the state at the
moment of the call. A proxy in front would see neither the calls from API Gateway to a function nor which deployment
served a request.

- ``rights``: API Gateway invokes a function only by a role or a permission that covers it at that moment.
- ``deployments``: a stage serves the API as it was when its deployment was made; what is in use cannot be deleted.
- ``readiness``: a new table answers nobody before it is ACTIVE, a new version before it is Active.
- ``schedule``: the calls of an apply take effect one at a time, in a seeded order, and stop where a test says so.
- ``snapshots``: the whole state is kept and brought back within milliseconds.

MiniStack itself checks the rights of functions' roles and every signature, where AUTH is true.
"""
