"""Redirects the requests of up42-py since 1.0 to the simulator."""

import os

import up42

api = os.environ["UP42_API_URL"]
up42.host.endpoint = lambda path: api + path
up42.host.token_endpoint = lambda: api + "/realms/public/protocol/openid-connect/token"
up42.host.user_info_endpoint = lambda: api + "/realms/public/protocol/openid-connect/userinfo"
