"""Write the golden stack files anew; look at the difference before it is committed."""

from pathlib import Path

from swarm_examples import example, options

from seawall.services.swarm.notation import as_text
from seawall.services.swarm.render import render

for name in ("shop", "wordpress"):
    application = example(name)
    file = Path(__file__).parent / "golden" / f"{name}.stack.yaml"
    file.write_text(as_text(render(application, options(application))), encoding="utf-8")
