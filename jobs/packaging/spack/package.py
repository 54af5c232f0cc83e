# A Spack recipe of bigsweep, for a package repository of one's own:
#   spack repo create my-repo && mkdir -p my-repo/packages/bigsweep
#   cp jobs/packaging/spack/package.py my-repo/packages/bigsweep/
#   spack repo add my-repo && spack dev-build bigsweep@main     (in the clone)
from spack.package import *


class Bigsweep(CMakePackage):
    """How a language model's abilities change with its size: evaluates checkpoints of many sizes on
    BIG-bench tasks in one MPI job and writes one HDF5 file."""

    license("Apache-2.0")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3:")
    depends_on("hdf5@1.10:")
    depends_on("cjson@1.7:")
    depends_on("pcre2@10:")
    depends_on("utf8proc@2:")
    depends_on("openssl@3:")

    def cmake_args(self):
        return [self.define("BUILD_TESTING", False)]
