# shellcheck shell=sh
# Runs in the finished image, as its user and without a network: a person can work with it.
set -eu

[ "$(id -u)" = 1000 ]
[ "$(id -g)" = 100 ]
[ "$(id -un)" = jovyan ]
[ "$(pwd)" = /home/jovyan ]
touch /home/jovyan/writable && rm /home/jovyan/writable
[ "$(python3 -c 'import jupyterhub; print(jupyterhub.__version__)')" = 5.5.0 ]
# Left out of the lock file: importing it takes half of the time in which a server starts
if python3 -c 'import rfc3987_syntax' 2> /dev/null; then
    echo "rfc3987_syntax is installed"
    exit 1
fi
for program in jupyterhub-singleuser jupyter-lab jupyter-notebook tini git nano curl less; do
    command -v "$program" > /dev/null
done

# The server finds its extensions and the page of JupyterLab
jupyter server extension list 2>&1 | grep -q 'jupyterlab.*OK'
jupyter server extension list 2>&1 | grep -q 'nbgitpuller.*OK'
jupyter lab path | grep -q '^Application directory: */usr/local/share/jupyter/lab$'
[ -f /usr/local/share/jupyter/lab/static/index.html ]

# A notebook runs, draws, and computes
cd "$(mktemp -d)"
cat > cell.py << 'PYTHON'
import json
import sys

cell = """
import numpy, pandas, scipy.stats, scipy.optimize, ipywidgets
import matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt
frame = pandas.DataFrame({'x': numpy.arange(5)})
frame.plot(y='x').figure.savefig('plot.png')
print('total', frame.x.sum(), round(float(scipy.stats.norm.cdf(0)), 3))
"""
notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "p"}}}
notebook["cells"] = [{"id": "a", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}]
json.dump(notebook, sys.stdout)
PYTHON
python3 cell.py > try.ipynb
jupyter nbconvert --log-level=ERROR --to notebook --execute --stdout try.ipynb | grep -q 'total 10 0.5'
[ -s plot.png ]

# People can add packages to their home
python3 -m pip install --user --no-index --dry-run nothing-there 2>&1 | grep -qv externally-managed
