"""AWS as its callers see it: moto's services, with our backends in the place of some."""

from emulator.control_plane import lean_moto

lean_moto.leave_out_documentation()
lean_moto.leave_out_instance_types()
