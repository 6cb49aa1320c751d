"""Redirects the requests of up42-py before 1.0 to the simulator."""

import os

import requests

send = requests.adapters.HTTPAdapter.send


def send_to_simulator(self, request, **options):
    request.url = request.url.replace("https://api.up42.com", os.environ["UP42_API_URL"])
    return send(self, request, **options)


requests.adapters.HTTPAdapter.send = send_to_simulator
