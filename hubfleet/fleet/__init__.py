"""What the files say: clusters, hubs, and the values of each hub with the place each value comes from."""

from hubfleet.fleet.load import load_fleet, load_whole_fleet, read_fleet
from hubfleet.fleet.model import Cluster, Fleet, Hub, Location
from hubfleet.fleet.select import select

__all__ = ["Cluster", "Fleet", "Hub", "Location", "load_fleet", "load_whole_fleet", "read_fleet", "select"]
